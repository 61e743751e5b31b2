"""The bars on real orders, through a running service; and the slow count that they are held to."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import evaluate_service  # noqa: E402

DATA = Path(os.environ.get("BECKON_TEST_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
ORDERS = DATA / "online-retail" / "orders-to-2011-09-09.csv.gz"

BY_INVOICE = """invoice,customer,time,lines,units,value,country
1,7,2011-01-01 00:00,1,2,6.00,France
C2,7,2011-01-02 00:00,1,-2,-6.00,France
3,,2011-01-02 00:00,1,2,6.00,France
4,8,2011-01-02 00:01,1,2,0.00,France
5,8,2011-01-02 10:00,2,3,1.50,France
"""
BY_LINE = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,a,A,2,1/1/2011 0:00,3.00,7.0,France
C2,a,A,-2,1/2/2011 0:00,3.00,7.0,France
3,a,A,2,1/2/2011 0:00,3.00,,France
4,a,A,2,1/2/2011 0:01,0,8.0,France
5,a,A,3,1/2/2011 10:00,1.00,8.0,France
5,b,B,-1,1/2/2011 10:00,1.50,8.0,France
"""


@pytest.mark.parametrize("text", [BY_INVOICE, BY_LINE], ids=["by invoice", "by line"])
def test_orders_are_counted_from_either_form_of_the_file(text, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(text)
    placed = evaluate_service.orders_placed(file)
    assert list(zip(placed["customer"], placed["at"])) == [("7", 1_293_840_000), ("8", 1_293_962_400)]


@pytest.mark.skipif(not ORDERS.exists(), reason=f"needs {ORDERS.name} below the folder that BECKON_TEST_DATA names")
def test_the_bars_are_reached_through_the_service(capsys):
    assert evaluate_service.main(["--orders", str(ORDERS)]) == 0, capsys.readouterr().out
