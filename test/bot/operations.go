package bot

import (
	"fmt"
	"os"
)

// Operations adds an operations listener to the configuration of the next
// start, and returns its address: "http://127.0.0.1:…".
func (b *Bot) Operations() (string, error) {
	addr, held, err := freeAddress()
	if err != nil {
		return "", err
	}
	b.held = append(b.held, held)
	return "http://" + addr, b.Configure(fmt.Sprintf("operations: {listen: %s}", addr))
}

// Configure adds a section to the configuration of the next start.
func (b *Bot) Configure(section string) error {
	config, err := os.ReadFile(b.config())
	if err != nil {
		return err
	}
	return os.WriteFile(b.config(), append(config, section+"\n"...), 0o600)
}
