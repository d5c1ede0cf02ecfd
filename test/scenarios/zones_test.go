package scenarios

import (
	"fmt"
	"time"
)

// zones are time zones that a story may name, chosen by the hour at which it
// is told: $ZONE_AT_WORK, where it is noon, $ZONE_EVENING and $ZONE_NIGHT.
func zones(now time.Time) []string {
	zone := func(hour int) string {
		ahead := (hour - now.UTC().Hour() + 24) % 24 // of UTC, by 0 to 23 hours
		if ahead > 12 {
			ahead -= 24
		}
		return fmt.Sprintf("Etc/GMT%+d", -ahead) // these names count westwards
	}
	return []string{"ZONE_AT_WORK=" + zone(12), "ZONE_EVENING=" + zone(21), "ZONE_NIGHT=" + zone(2)}
}
