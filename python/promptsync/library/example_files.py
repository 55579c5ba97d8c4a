"""The files that ``create_example_yaml`` and ``create_example_schema`` write."""

from __future__ import annotations

from typing import Any

EXAMPLE_PROMPTS: dict[str, Any] = {
    "version": "1.0.0",
    "metadata": {"description": "Two prompts to begin with"},
    "prompts": [
        {
            "id": "greeting",
            "version": "1.0.0",
            "format": "text",
            "status": "active",
            "template": {"content": "Welcome to {{service}}, {{name}}!", "variables": ["service", "name"]},
            "metadata": {"description": "A first line", "tags": ["greeting"], "category": "examples"},
        },
        {
            "id": "support",
            "version": "1.0.0",
            "format": "chat",
            "status": "active",
            "chat_template": {
                "messages": [
                    {"role": "system", "content": "You answer the customers of {{company}}, kindly and in few words."},
                    {"role": "user", "content": "{{question}}"},
                ],
                "variables": ["company", "question"],
            },
            "metadata": {"description": "A chat", "tags": ["support"], "category": "examples", "temperature": 0.3},
        },
    ],
}

EXAMPLE_SCHEMAS: dict[str, Any] = {
    "version": "1.0.0",
    "metadata": {"description": "A schema to begin with"},
    "schemas": [
        {
            "name": "ticket",
            "version": "1.0.0",
            "description": "What a customer asks for",
            "strict": True,
            "fields": [
                {
                    "name": "title",
                    "type": "string",
                    "description": "One line",
                    "validators": [
                        {"type": "min_length", "min_value": 3, "error_message": "A title has three letters or more"},
                        {"type": "max_length", "max_value": 80},
                    ],
                },
                {"name": "email", "type": "string", "validators": [{"type": "email"}]},
                {
                    "name": "urgency",
                    "type": "enum",
                    "default": "normal",
                    "validators": [{"type": "enum", "allowed_values": ["low", "normal", "high"]}],
                },
                {
                    "name": "age_in_days",
                    "type": "integer",
                    "required": False,
                    "validators": [{"type": "range", "min_value": 0, "max_value": 3650}],
                },
                {"name": "labels", "type": "list", "item_type": "string", "required": False, "default": []},
            ],
        },
    ],
}
