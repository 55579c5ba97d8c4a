"""The usual design, for comparison: FastAPI that asks Redis for the prompt at each request."""

import os

import redis.asyncio as redis
from fastapi import FastAPI, HTTPException, Response

app = FastAPI()
prompts = redis.Redis.from_url(f"redis://{os.environ['REDIS_ADDRESS']}", max_connections=300)


@app.get("/prompt")
async def prompt() -> Response:
    body = await prompts.get("prompt")
    if body is None:
        raise HTTPException(404)
    return Response(body, media_type="application/json")
