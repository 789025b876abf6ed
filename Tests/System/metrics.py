"""What `GET /metrics` says, read by Prometheus' own client library."""

from prometheus_client.parser import text_string_to_metric_families


class Metrics:
    """All samples of one answer, by name and labels."""

    def __init__(self, text):
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self.samples = {}
        for family in self.families.values():
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                assert key not in self.samples, f"{key} is told twice"
                self.samples[key] = sample.value

    def __call__(self, name, **labels):
        """The value with these labels and no others, or None."""
        return self.samples.get((name, frozenset(labels.items())))

    def by(self, name, label):
        """The values by one of its labels."""
        return {dict(labels)[label]: value for (other, labels), value in self.samples.items() if other == name}


def scrape(box):
    answer = box.get("/metrics")
    assert answer.status == 200, (answer.status, answer.body)
    return Metrics(answer.body.decode())
