"""Maps and charts as SVG, drawn straight from layers and rows."""
