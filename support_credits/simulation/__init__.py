"""What a past period would have looked like under a catalogue: the site's real tickets through the engine, without writing.

``history`` reads a customer's past, ``run`` plays it, ``records`` keeps a Credit Simulation, ``sheet`` makes it rows.
"""
