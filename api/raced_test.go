//go:build race

package api_test

func init() { raced = true }
