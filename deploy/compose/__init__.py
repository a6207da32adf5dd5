"""What only the production shape needs: the secrets, the first preparation, and the workers' health."""
