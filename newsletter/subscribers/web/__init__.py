"""What readers see and press: addresses, forms, pages, words. What a press does is decided one room up, by plain functions."""
