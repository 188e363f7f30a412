package subscription

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/digestbot/digestbot/bot/ledger"
)

// SpecOf is what a stored subscription was made of.
func SpecOf(x ledger.Stored) (spec Spec, err error) {
	if err := json.Unmarshal([]byte(x.Settings), &spec); err != nil {
		return spec, fmt.Errorf("subscription %s: its settings cannot be read: %w", x.Name, err)
	}
	return spec, nil
}

// StoredName is the name under which a subscription that is made in chat is
// stored: its own one, which differs within its home, and that of the home. The
// ledger keeps slots by it.
func StoredName(name, adapter, home string) string {
	return name + "@" + strings.TrimSuffix(adapter+"."+home, ".")
}
