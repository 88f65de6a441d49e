"""How soon coordination acts, from outside: a real server with SQLite, REST and WebSocket sessions.

    freed place   from the request that completes a lead to the event `offer` of the next one at the same agent
    lost agent    from the end of an agent's last session to the event `offer` of his lead at another one, with the default lost_after

The times are a client's, with everything in between."""
import argparse
import asyncio
import statistics
import time

import atrium
import session


async def until_offer(who, lead=None):
    while True:
        offer = (await who.until("offer"))["offer"]
        if offer["state"] == "pending" and (lead is None or offer["lead_id"] == lead):
            return offer


def route(server, token, lead):
    answer = server.post("/coordination/leads/route", {"lead_id": lead, "lead": {"name": lead, "property_type": "condo"}}, token)
    assert answer.status == 200, answer


async def freed(server, sue, rounds):
    """Milliseconds from each completion to the next offer."""
    took = []
    token = server.token("ana")
    async with session.connect(server, "ana", token=token) as ana:
        for number in range(rounds + 1):
            await asyncio.to_thread(route, server, sue, f"freed_{number}")
        offer = await until_offer(ana)
        for _ in range(rounds):
            await asyncio.to_thread(server.post, f"/coordination/offers/{offer['offer_id']}/accept", None, token)
            began = time.perf_counter()
            done = asyncio.create_task(asyncio.to_thread(server.post, f"/coordination/offers/{offer['offer_id']}/complete", {}, token))
            offer = await until_offer(ana)
            took.append(1000 * (time.perf_counter() - began))
            await done
        for step, body in (("accept", None), ("complete", {})):
            await asyncio.to_thread(server.post, f"/coordination/offers/{offer['offer_id']}/{step}", body, token)
    return took


async def lost(server, sue, rounds):
    """Seconds from each end of an agent's session to the offer at the other."""
    took = []
    async with session.connect(server, "ben") as ben:
        for number in range(rounds):
            async with session.connect(server, "ana") as ana:
                # Ben has no place while the lead is offered to Ana.
                await asyncio.to_thread(server.post, "/coordination/agents/ben/pause", None, sue)
                await asyncio.to_thread(route, server, sue, f"lost_{number}")
                await until_offer(ana, f"lost_{number}")
                await asyncio.to_thread(server.post, "/coordination/agents/ben/resume", None, sue)
            began = time.perf_counter()
            offer = await until_offer(ben, f"lost_{number}")
            took.append(time.perf_counter() - began)
            token = server.token("ben")
            await asyncio.to_thread(server.post, f"/coordination/offers/{offer['offer_id']}/accept", None, token)
            await asyncio.to_thread(server.post, f"/coordination/offers/{offer['offer_id']}/complete", {}, token)
    return took


async def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--freed", type=int, default=200, help="freed places")
    arguments.add_argument("--lost", type=int, default=5, help="agents who go; each takes eleven seconds")
    asked = arguments.parse_args()
    with session.server(coordination="queues: {all: {skill_field: '', ramp_in: 0s, lease: 60s, sticky: false}}") as server:
        sue = server.token("sue", role="supervisor")
        for agent in ("ana", "ben"):
            server.put(f"/coordination/agents/{agent}", {"name": agent, "capacity": 1}, sue)
        places = sorted(await freed(server, sue, asked.freed))
        print(f"freed place to the next offer: p50 {statistics.median(places):.1f} ms, p99 {places[int(len(places) * 0.99)]:.1f} ms, "
              f"max {places[-1]:.1f} ms ({len(places)})")
        if asked.lost:
            away = await lost(server, sue, asked.lost)
            print(f"lost agent to the next offer: median {statistics.median(away):.2f} s, max {max(away):.2f} s ({len(away)})")


if __name__ == "__main__":
    asyncio.run(main())
