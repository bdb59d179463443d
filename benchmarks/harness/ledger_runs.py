"""The ledger at work: the Odoo side of `benchmarks/ledger`."""

import time
from typing import NamedTuple

from odoo.fields import Command, Date

from .ledger_check import check
from .ledger_data import Data
from .ledger_seed import Seed
from .meter import Meter, queued
from .profiling import profiled

MANY = 200
"""Grants of the patient who has most."""
PATIENTS = {
    "packages": "id NOT IN (SELECT partner_id FROM clinic_membership)"
    " AND id NOT IN (SELECT partner_id FROM clinic_membership_member)",
    "member": "id IN (SELECT partner_id FROM clinic_membership)",
    "of a family": "id IN (SELECT partner_id FROM clinic_membership_member WHERE personal_cap = 0)",
    "with a limit": "id IN (SELECT partner_id FROM clinic_membership_member WHERE personal_cap > 0)",
}
"""Which patients are asked for; all have two packages, used up or not."""


class Run(NamedTuple):
    """A scheduled action, and the rows that it works on."""

    table: str
    day: str
    condition: str
    units: str
    model: str
    cron: str
    work: str

    def due(self, what):
        """A statement about the rows before a day."""
        return f"SELECT {what} FROM {self.table} WHERE {self.condition} AND {self.day} < %s"


RUNS = {
    "expire": Run(
        "clinic_grant", "expires_on", "remaining > 0", "remaining", "clinic.grant", "_cron_expire", "_expire"
    ),
    "recognize": Run(
        "clinic_grant_entry",
        "date",
        "to_recognize",
        "-quantity",
        "clinic.grant.entry",
        "_cron_recognize",
        "_recognize",
    ),
}


def load(env, task):
    """The clinic's data."""
    Data(env, Seed(env), task["patients"]).load()
    env.cr.commit()
    env.cr._cnx.autocommit = True
    env.cr.execute("ANALYZE")
    return {}


def verify(env, _task):
    """What is wrong with the data."""
    return check(env)


class Desk:
    """Asks for a patient's balances as a visit does, each time with nothing read before but who, what and where."""

    def __init__(self, env):
        self.env = env(user=self.receptionist(env))
        self.company = self.env.company
        self.service = self.env["product.product"].search([("name", "=", "Facial")], order="id desc", limit=1)
        env.cr.execute("SELECT pg_backend_pid()")
        self.pids = ["self", env.cr.fetchone()[0]]

    @staticmethod
    def receptionist(env):
        """Who asks: of the lowest group that may."""
        group = env.ref("clinic_membership.group_membership_user")
        values = {"name": "Receptionist", "login": "bench", "group_ids": [Command.set(group.ids)]}
        return env["res.users"].with_context(no_reset_password=True).create(values)

    def patients(self, condition, count):
        """Some patients, from all over the table."""
        self.env.cr.execute(
            f"SELECT id FROM res_partner WHERE ref LIKE 'BENCH0%%' AND {condition} ORDER BY mod(id * 7919, 100003)"
            " LIMIT %s",
            [count],
        )
        return self.env["res.partner"].browse(row[0] for row in self.env.cr.fetchall())

    def give_many(self, patient):
        """Let a patient have many packages; undone at the end."""
        self.env.cr.execute(
            "UPDATE clinic_grant SET partner_id = %s WHERE id IN"
            " (SELECT id FROM clinic_grant WHERE remaining > 0 AND package_id IS NOT NULL AND product_id = %s"
            "  ORDER BY mod(id * 7919, 100003) LIMIT %s)",
            [patient.id, self.service.id, MANY],
        )

    def ask(self, patient):
        """What the patient has, and what would pay for a visit today."""
        self.env.flush_all()
        self.env.invalidate_all()
        patient.display_name, self.service.categ_id.display_name, self.company.clinic_tz  # noqa: B018
        waited, queries = queued(self.pids), Meter.count_queries()
        cpu, wall = time.process_time(), time.monotonic()
        grants = patient._clinic_grants(self.service, self.company)
        answer = grants._allocate(patient, self.service, Date.today(), 1)
        figures = {"wall": time.monotonic() - wall, "cpu": time.process_time() - cpu}
        figures["queued"] = queued(self.pids) - waited
        return {**figures, "queries": Meter.count_queries() - queries, "grants": len(grants), "missing": answer.missing}


def balances(env, task):
    """Ask for many patients of each sort."""
    from .worker import wait_for_start

    desk = Desk(env)
    wanted = {sort: desk.patients(condition, task["count"]) for sort, condition in PATIENTS.items()}
    heavy = wanted["packages"][:1]
    wanted[f"{MANY} packages"] = heavy.browse(heavy.ids * 20)
    wait_for_start()
    answers = {}
    for sort, patients in wanted.items():
        if sort == f"{MANY} packages":
            desk.give_many(heavy)
        for patient in patients[:5]:  # nobody pays for the first use of Odoo's code
            desk.ask(patient)
        with profiled(sort == task.get("profiled") and task.get("profile"), len(patients)):
            answers[sort] = [desk.ask(patient) for patient in patients]
    env.cr.rollback()
    return answers


def day_of(env, run, count):
    """The day on which the run finds so many due; all that are due today, where there are fewer."""
    env.cr.execute(run.due(run.day) + f" ORDER BY {run.day} OFFSET %s LIMIT 1", [Date.today(), count])
    row = env.cr.fetchone()
    return Date.add(row[0], days=1) if row else Date.today()


def work(env, task):
    """A scheduled action on the day on which so much was due. Earlier runs have left nothing older."""
    from .worker import wait_for_start

    run = RUNS[task["run"]]
    until = day_of(env, run, task["count"])
    env.cr.execute(run.due(f"count(*), sum({run.units})"), [until])
    count, units = env.cr.fetchone()
    model = env[run.model].with_context(clinic_today=until)
    env.cr.execute(run.due("id") + " LIMIT 20", [until])
    getattr(model.browse(row[0] for row in env.cr.fetchall()), run.work)()
    env.flush_all()
    env.cr.rollback()  # nobody pays for the first use of Odoo's code
    wait_for_start()
    with profiled(task.get("profile"), count), Meter(env.cr) as meter:
        getattr(model, run.cron)()
        env.cr.commit()
    env.cr.execute(run.due("count(*)"), [until])
    return {**meter.figures(), "count": count, "units": units, "left": env.cr.fetchone()[0]}


def tie_out(env):
    """The tie-out's figures and roll-forward by product, as the screen asks for them."""
    return read_tie_out(env)["difference"]


def by_patient(env):
    """The same with the roll-forward by patient."""
    return read_tie_out(env, by="partner_id")["difference"]


def spreadsheet(env):
    """The tie-out as a spreadsheet with every entry of the month."""
    return len(env["clinic.tie.out"].create({}).xlsx)


def read_tie_out(env, **values):
    """A new tie-out, all that its form shows."""
    report = env["clinic.tie.out"].create(values)
    shown = env["clinic.tie.out"].get_view(view_type="form")["models"]["clinic.tie.out"]
    return report.read([name for name in shown if not name.startswith("xlsx")])[0]


def by_product(env):
    """The screen of prepaid value, grouped by product as it opens, and the first group unfolded."""
    lines = env["clinic.prepaid.line"]
    groups = lines.web_read_group([], ["product_id"], ["units:sum", "balance:sum"], limit=80)
    return len(groups["groups"])


def movements(env):
    """The pivot of what was sold, used, expired and refunded, month by month."""
    rows = env["clinic.prepaid.line"].formatted_read_grouping_sets(
        [], [["movement", "date:month"], ["date:month"], ["movement"], []], ["balance:sum", "units:sum"]
    )
    return len(rows)


def unfolded(env):
    """The movements of one product: its first page."""
    product = env["clinic.package"].search([("name", "like", "BENCH/")], limit=1).product_id
    specification = {"date": {}, "balance": {}, "package_id": {"fields": {"display_name": {}}}}
    found = env["clinic.prepaid.line"].web_search_read([("product_id", "=", product.id)], specification, limit=80)
    return len(found["records"])


REPORTS = {
    "tie-out": tie_out,
    "tie-out by patient": by_patient,
    "tie-out, spreadsheet": spreadsheet,
    "prepaid value by product": by_product,
    "prepaid value, one product": unfolded,
    "movements by month": movements,
}


def reports(env, task):
    """Each report a few times, nothing cached by Odoo."""
    from .worker import wait_for_start

    wait_for_start()
    answers = {}
    for name, report in REPORTS.items():
        report(env)
        answers[name] = []
        for _time in range(task["count"]):
            env.cr.rollback()
            with profiled(task.get("profile"), 1), Meter(env.cr) as meter:
                answer = report(env)
            answers[name].append({**meter.figures(), "answer": answer})
    return answers
