package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aureus-agents/aureus/resource"
)

// doraEvery is how long the four keys are kept: they are of 30 days, so a scrape
// need not read every release again.
const doraEvery = time.Minute

// The gauges of the four keys, of the last 30 days.
var (
	doraPlace       = []string{"agent", "environment"}
	deploymentsDesc = prometheus.NewDesc("aureus_dora_deployments", "Releases of the last 30 days whose version got live traffic.", doraPlace, nil)
	failureRateDesc = prometheus.NewDesc("aureus_dora_change_failure_ratio", "Share of the deployments of the last 30 days that were rolled back.", doraPlace, nil)
	leadTimeDesc    = prometheus.NewDesc("aureus_dora_lead_time_seconds", "Median time from commit, or push, to the first promotion, of the last 30 days.", doraPlace, nil)
	restoreDesc     = prometheus.NewDesc("aureus_dora_restore_seconds",
		"Median time until a good version had all traffic, of the incidents of the last 30 days, from the decision or from the first failing run.", append(doraPlace[:2:2], "from"), nil)
)

// doraCollector gives the four keys. What it read is used for a minute.
type doraCollector struct {
	read func(ctx context.Context) ([]resource.DORA, error)
	now  func() time.Time

	mu   sync.Mutex
	rows []resource.DORA
	at   time.Time
}

// Describe implements prometheus.Collector.
func (c *doraCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{deploymentsDesc, failureRateDesc, leadTimeDesc, restoreDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. The rows over all agents are left out:
// Prometheus adds up by itself. A key without a sample is not there.
func (c *doraCollector) Collect(ch chan<- prometheus.Metric) {
	for _, r := range c.figures() {
		if r.Agent == "" {
			continue
		}
		gauge := func(d *prometheus.Desc, v float64, more ...string) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, append([]string{r.Agent, r.Environment}, more...)...)
		}
		gauge(deploymentsDesc, float64(r.Deployments))
		if r.Deployments > 0 {
			gauge(failureRateDesc, r.ChangeFailureRate)
		}
		if r.LeadTime.Count > 0 {
			gauge(leadTimeDesc, seconds(r.LeadTime))
		}
		if r.RestoreDecided.Count > 0 {
			gauge(restoreDesc, seconds(r.RestoreDecided), "decision")
		}
		if r.RestoreFirst.Count > 0 {
			gauge(restoreDesc, seconds(r.RestoreFirst), "first_failure")
		}
	}
}

func seconds(s resource.Spread) float64 { return float64(s.MedianMs) / 1000 }

// figures are those of the last minute, none when they cannot be read.
func (c *doraCollector) figures() []resource.DORA {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); c.at.IsZero() || now.Sub(c.at) >= doraEvery {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
		defer cancel()
		rows, err := c.read(ctx)
		if err != nil {
			return nil
		}
		c.rows, c.at = rows, now
	}
	return c.rows
}
