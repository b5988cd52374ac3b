package demo

import (
	"encoding/json"
	"fmt"
	"os"
)

// TokensFile reads a file of bearer tokens, a JSON object from login to token, as
// deploy/demo-tokens writes it.
func TokensFile(path string) (func(login string) (string, error), error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the demo users' tokens: %w", err)
	}
	var tokens map[string]string
	if err := json.Unmarshal(text, &tokens); err != nil {
		return nil, fmt.Errorf("%s is not a JSON object of login and token: %w", path, err)
	}
	return func(login string) (string, error) {
		if tokens[login] == "" {
			return "", fmt.Errorf("%s has no token for %s: write it anew with deploy/demo-tokens", path, login)
		}
		return tokens[login], nil
	}, nil
}
