"""statelint for programs: a language server for editors, and an MCP server for coding assistants."""
