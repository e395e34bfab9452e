"""The web surface: chat, forms as pages, public pages and the administrators' dashboard."""
