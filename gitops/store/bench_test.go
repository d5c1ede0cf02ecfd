package store_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/changebot/changebot/gitops"
)

// BenchmarkPut stores deliveries with their jobs, one after the other and from
// many requests at a time. TMPDIR decides on which disk.
func BenchmarkPut(b *testing.B) {
	for name, fresh := range databases() {
		for _, parallel := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/%d", name, parallel), func(b *testing.B) {
				s := opened(b, fresh(b))
				var n atomic.Int64
				payload := make([]byte, 4<<10)
				b.SetParallelism(parallel)
				put := func() {
					if _, err := s.Put(b.Context(), gitops.Delivery{ID: fmt.Sprint(n.Add(1)), Payload: payload}); err != nil {
						b.Error(err)
					}
				}
				if parallel == 1 {
					for b.Loop() {
						put()
					}
				} else {
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							put()
						}
					})
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
			})
		}
	}
}

// BenchmarkPutToHandler is the time from the beginning of a Put to the
// beginning of its handler in the same process.
func BenchmarkPutToHandler(b *testing.B) {
	for name, fresh := range databases() {
		b.Run(name, func(b *testing.B) {
			s := opened(b, fresh(b))
			did := works(b, s)
			var took []time.Duration
			for n := 0; b.Loop(); n++ {
				begun := time.Now()
				if _, err := s.Put(b.Context(), gitops.Delivery{ID: fmt.Sprint(n)}); err != nil {
					b.Fatal(err)
				}
				<-did
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
