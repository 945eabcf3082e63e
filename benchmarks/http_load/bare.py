"""Bare FastAPI routes that only append the body to a stream."""

import json
import os

import uvicorn
from fastapi import FastAPI, Request
from redis.asyncio import Redis

app = FastAPI()
redis = Redis.from_url(os.environ["RATCHET_REDIS_URL"])


@app.post("/one", status_code=202)
async def one(request: Request) -> dict[str, int]:
    await redis.xadd("bare", {"__data__": await request.body()})
    return {"accepted": 1}


@app.post("/split", status_code=202)
async def split(request: Request) -> dict[str, int]:
    items = await request.json()
    async with redis.pipeline(transaction=True) as pipe:
        for item in items:
            pipe.xadd("bare", {"__data__": json.dumps(item)})
        await pipe.execute()
    return {"accepted": len(items)}


@app.post("/whole", status_code=202)
async def whole(request: Request) -> dict[str, int]:
    await redis.xadd("bare", {"__data__": await request.body()})
    return {"accepted": 1}


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["RATCHET_PORT"]), log_config=None, access_log=False)
