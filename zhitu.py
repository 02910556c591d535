"""`python -m zhitu` is the command line; the module's place also tells Streamlit where the packaged components are."""

from ui.cli import main

if __name__ == "__main__":
    main()
