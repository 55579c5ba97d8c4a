"""The shortest use: a folder of prompts, no server, no settings."""

from pathlib import Path

from promptsync import PromptManager

pm = PromptManager(prompt_dir=Path(__file__).parents[1] / "prompts")
prompt = pm.get_prompt("customer_support", version_or_alias="stable", tags={"locale": "en", "tone": "formal"})
print(prompt.format(customer_name="John", issue="password reset", company_name="Acme"))
