"""Concern reports (underretninger): received, looked at in time, answered; never a referral, never held back."""
