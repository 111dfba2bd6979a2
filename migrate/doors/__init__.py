"""The doors: one module for each outside thing (Helm, git, Go templates, YAML, files). Nobody else imports them."""
