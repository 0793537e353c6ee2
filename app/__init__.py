"""The Streamlit front end, which the screens call by the name of the product."""

NAME = "Scancordance"  # scans and concordance: what the product joins
