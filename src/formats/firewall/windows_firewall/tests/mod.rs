mod netsh;
