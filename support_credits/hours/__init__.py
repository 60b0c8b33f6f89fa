"""When the clock runs on this site: Support Calendars as the engine knows them, deadlines, and the host's own records of both."""
