"""Other apps on the site: each package is silent where its app is absent."""
