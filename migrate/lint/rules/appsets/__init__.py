"""Rules over ApplicationSets: generators, templates, patches, and how they are deleted."""
