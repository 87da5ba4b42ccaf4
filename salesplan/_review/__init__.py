"""The chapters of the quarterly plan review, one file each; no arithmetic in any of them."""
