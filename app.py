"""The app: page configuration and navigation."""

import streamlit as st

from ui.frame import ICON, navigation

st.set_page_config(page_title="知图 Zhitu", page_icon=ICON, layout="wide", initial_sidebar_state="collapsed")
navigation()
