package store

import "testing"

func TestThePoolIsAsLargeAsTheAddressSaysButNeverTooSmallToStart(t *testing.T) {
	for address, want := range map[string]int32{
		"postgres://changebot:s3cret@127.0.0.1/changebot":                    postgresConns,
		"postgres://changebot:pool_max_conns@127.0.0.1/changebot":            postgresConns,
		"postgres://changebot:s3cret@127.0.0.1/changebot?pool_max_conns=50":  50,
		"postgres://changebot:s3cret@127.0.0.1/changebot?pool_max_conns=1":   minPostgresConns,
		"host=127.0.0.1 user=changebot dbname=changebot pool_max_conns=7":    7,
		"host=127.0.0.1 user=changebot dbname=changebot password=whatever=1": postgresConns,
	} {
		config, err := postgresPool(address)
		if err != nil || config.MaxConns != want {
			t.Errorf("%s: %+v, %v, want %d connections", address, config, err, want)
		}
	}
}
