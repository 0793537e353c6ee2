"""The HTTP API: the third door, for other programs and for a form without JavaScript.

It only translates: what is asked goes to the worker pool, what comes back goes out in
a format of `ocr_core.exports`. `app.create_app` makes it, `serve.serve` runs it alone,
`mount.Mounted` puts it into an ASGI server such as the app's. Nothing is imported
here, for worker processes come by on their way to `reading` and need no Flask.
"""
