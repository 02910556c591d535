"""The two faces of Zhitu: the command line and the Streamlit pages."""
