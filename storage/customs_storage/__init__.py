"""The object store: one small interface over a local folder and S3."""
