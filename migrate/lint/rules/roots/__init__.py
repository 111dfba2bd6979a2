"""Rules over Applications that bring ApplicationSets, and where Argo CD's own objects lie."""
