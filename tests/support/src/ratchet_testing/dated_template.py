"""A chat template with what a clock or a server would move."""

DATED = """{%- if not date_string is defined %}{%- set date_string = strftime_now("%d %b %Y") %}
{%- endif %}{{- "Today: " + date_string + "\\n" }}{%- for message in messages %}
{{- "<|im_start|>" + message.role + "\\n" + message.content + "<|im_end|>\\n" }}{%- endfor %}
{%- if add_generation_prompt %}{{- "<|im_start|>assistant\\n" }}
{%- if enable_thinking is not defined or enable_thinking %}{{- "<think>" }}{%- endif %}
{%- endif %}"""
"""Prints the date and lets the model think, unless it is told otherwise."""
