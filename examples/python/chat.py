"""A chat in the forms that the SDKs of model providers take."""

from pathlib import Path

from promptsync import PromptManager

pm = PromptManager(prompt_dir=Path(__file__).parents[1] / "prompts")
history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello, how can I help?"}]
messages = pm.get("escalation_chat").format(
    company_name="Acme", tier="business", message="Where is my order?", history=history
)

print("OpenAI:", messages.to_openai())
print("Responses:", messages.to_responses())
print("Anthropic:", messages.to_anthropic())
print("Gemini:", messages.to_gemini())
