"""The rules of consent in four engines, over one made-up world: ours, Cedar, Casbin and Rego."""
