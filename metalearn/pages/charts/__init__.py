"""Charts as inline SVG: colours by the style of the page, texts escaped, readable in grey."""
