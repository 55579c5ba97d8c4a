"""Many requests in one event loop: what is in memory takes no turn of it."""

import asyncio
from pathlib import Path

from promptsync import PromptManager

pm = PromptManager(prompt_dir=Path(__file__).parents[1] / "prompts")


async def handle(customer: str) -> str:
    prompt = await pm.get("customer_support", unit=customer)
    return await prompt.format(customer_name=customer, issue="an invoice", company_name="Acme")


async def main() -> None:
    for text in await asyncio.gather(*(handle(name) for name in ["Ann", "Bob", "Eve"])):
        print(text)


asyncio.run(main())
