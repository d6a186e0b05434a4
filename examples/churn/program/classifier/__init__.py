"""A scikit-learn classifier behind the SageMaker training and hosting contracts."""
