package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scrapeTimeout bounds the reading of the ledger's size.
const scrapeTimeout = 2 * time.Second

var (
	entriesDesc = prometheus.NewDesc("aureus_ledger_entries", "Entries of the ledger that have an index.", nil, nil)
	pendingDesc = prometheus.NewDesc("aureus_ledger_pending_events", "Committed events that have no index in the ledger yet.", nil, nil)
)

// ledgerCollector reads both numbers at once, so that they fit each other.
type ledgerCollector struct {
	read func(ctx context.Context) (size, pending int64, err error)
}

// Describe implements prometheus.Collector.
func (c *ledgerCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- entriesDesc
	ch <- pendingDesc
}

// Collect implements prometheus.Collector.
func (c *ledgerCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	size, pending, err := c.read(ctx)
	if err != nil {
		return // what cannot be read is not there: no number is better than a wrong one
	}
	ch <- prometheus.MustNewConstMetric(entriesDesc, prometheus.GaugeValue, float64(size))
	ch <- prometheus.MustNewConstMetric(pendingDesc, prometheus.GaugeValue, float64(pending))
}
