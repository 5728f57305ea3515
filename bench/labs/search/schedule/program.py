"""Jobs on machines, one after the other: the one file that agents may change."""

WEIGHT_POWER = 0.5
TIME_POWER = 0.3
SLACK = 0.2
BASE = 10.0


def priority(job):
    """Return how urgent a job is, most urgent first."""
    time, weight, due = job
    worth = weight**WEIGHT_POWER
    length = time**TIME_POWER
    value = worth * length
    value += BASE
    value += SLACK * due
    return value


def order(jobs):
    """Return the numbers of the jobs, in the order in which they start."""
    return sorted(range(len(jobs)), key=lambda i: priority(jobs[i]), reverse=False)


def plan(jobs, machines):
    """Return the machine of each job, in the order in which they start: (job, machine)."""
    loads = [0.0] * machines
    found = []
    for i in order(jobs):
        machine = loads.index(max(loads))
        loads[machine] += jobs[i][0]
        found.append((i, machine))
    return found
