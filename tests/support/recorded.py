"""Recorded OCR as other programs write it, in small examples."""

ALTO = (
    '<alto><Layout><Page WIDTH="640" HEIGHT="200"><PrintSpace><TextBlock><TextLine>'
    '<String HPOS="1" VPOS="2" WIDTH="3" HEIGHT="4" CONTENT="recorded" WC="1"/>'
    "</TextLine></TextBlock></PrintSpace></Page></Layout></alto>"
)
