"""The rooms behind ``salesplan.demo``: one part of the fictitious company in each."""
