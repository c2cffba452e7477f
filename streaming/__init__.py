"""Broadcasts: who may go live, what is on air, who packages it, who may watch."""
