"""Tells Beckon of an order, asks what to do next, and streams questions, over gRPC.

    python -m pip install -r requirements.txt
    python -m grpc_tools.protoc -I ../../proto --python_out=. --grpc_python_out=. ../../proto/beckon/v1/*.proto
    python score.py --grpc localhost:8081
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from beckon.v1 import events_pb2, events_pb2_grpc, scoring_pb2, scoring_pb2_grpc

TIMEOUT_SECONDS = 5


def code_of(error: grpc.RpcError) -> str:
    """The code of docs/errors.md, which never changes its meaning; what the library says where nobody answers."""
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info.reason
    return error.code().name


def append_order(events: events_pb2_grpc.EventsServiceStub, customer: str, order: str, amount: float) -> None:
    """Answered when the event is on disk. The same source and id again is a duplicate, so sending twice is harmless."""
    event = events_pb2.Event(
        type="order.placed",
        source="python-example",
        id=order,
        subject=customer,
        time=datetime.now(UTC).isoformat(),
        data_json=json.dumps({"orderId": order, "amount": amount}).encode(),
    )
    answer = events.Append(events_pb2.AppendRequest(events=[event]), timeout=TIMEOUT_SECONDS)
    print(f"appended: {answer.accepted} accepted, {answer.duplicates} duplicates")


def ask(scoring: scoring_pb2_grpc.ScoringServiceStub, customer: str) -> None:
    request = scoring_pb2.ScoreRequest(customer_id=customer, limit=3)
    decision = scoring.Score(request, timeout=TIMEOUT_SECONDS).decision
    print(f"decision: {customer} {decision.decision.action_id}, known: {str(decision.known).lower()}")
    for name, score in sorted(decision.scores.items()):
        print(f"score: {name} {score:.4f}")


def stream(scoring: scoring_pb2_grpc.ScoringServiceStub, customers: list[str]) -> None:
    """Answers come in the order of the questions; one that is refused does not end the stream."""

    def questions() -> Iterator[scoring_pb2.ScoreStreamRequest]:
        for number, customer in enumerate(customers):
            yield scoring_pb2.ScoreStreamRequest(
                id=str(number), request=scoring_pb2.ScoreRequest(customer_id=customer)
            )

    for answer in scoring.ScoreStream(questions()):
        if answer.WhichOneof("result") == "decision":
            print(f"streamed: {answer.id} {answer.decision.customer_id} {answer.decision.decision.action_id}")
        else:
            print(f"streamed: {answer.id} refused {answer.error.code}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--grpc", default="localhost:8081")
    args = parser.parse_args()
    with grpc.insecure_channel(args.grpc) as channel:
        events = events_pb2_grpc.EventsServiceStub(channel)
        scoring = scoring_pb2_grpc.ScoringServiceStub(channel)
        append_order(events, "ada", "python-1", 42.5)
        ask(scoring, "ada")
        stream(scoring, ["ada", "", "bob"])
        try:
            append_order(events, "ada", "python-2", -1)
        except grpc.RpcError as error:
            print(f"refused: {code_of(error)}")


if __name__ == "__main__":
    main()
