"""The Streamlit front end of the OCR workbench."""
