"""How soon coordination acts, from outside: a real server with SQLite, REST and WebSocket sessions.

    freed place   from the request that completes a lead to the event `offer` of the next one at the same agent
    lost agent    from the end of an agent's last session to the event `offer` of his lead at another one, with the default lost_after
    hanging       from the request that routes a lead to the event `offer`, with a scorer that never comes back from its first call

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


hanging_config = dict(
    plugins=f"directories: [{atrium.build_dir / 'plugins'}, {atrium.build_dir / 'scorer_plugins'}]",
    coordination="policies: {tried: {agents: {load: 1, hangs: 1}}}\ndefault_policy: tried\n"
                 "queues: {all: {skill_field: '', ramp_in: 0s, lease: 10m, sticky: false}}")


async def hanging(rounds):
    """Milliseconds from each lead's arrival to its offer; the first one finds out that the scorer hangs."""
    took = []
    with session.server(**hanging_config) as server:
        sue = server.token("sue", role="supervisor")
        server.put("/coordination/agents/ana", {"name": "ana", "capacity": rounds}, sue)
        async with session.connect(server, "ana") as ana:
            for number in range(rounds):
                began = time.perf_counter()
                asked = asyncio.create_task(asyncio.to_thread(route, server, sue, f"hanging_{number}"))
                await until_offer(ana, f"hanging_{number}")
                took.append(1000 * (time.perf_counter() - began))
                await asked
        server.kill()  # In order it could not end: a thread is inside the scorer for good.
    return took


async def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--freed", type=int, default=200, help="freed places")
    arguments.add_argument("--lost", type=int, default=5, help="agents who go; each takes eleven seconds")
    arguments.add_argument("--hanging", type=int, default=200, help="leads routed beside a scorer that hangs")
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
    if asked.hanging:
        times = await hanging(asked.hanging)
        first, times = times[0], sorted(times)
        print(f"lead to its offer beside a scorer that hangs: p50 {statistics.median(times):.1f} ms, p99 {times[int(len(times) * 0.99)]:.1f} ms, "
              f"max {times[-1]:.1f} ms, the first one {first:.1f} ms ({len(times)})")


if __name__ == "__main__":
    asyncio.run(main())
