"""Rules over AppProjects and repositories: what an Application needs, it must be allowed."""
