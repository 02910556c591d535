"""The Streamlit pages: each reads the state, calls one query and draws."""
