package api_test

import (
	"testing"

	"koko/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
