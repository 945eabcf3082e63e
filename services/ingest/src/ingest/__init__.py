"""Takes experiences and feedback over HTTP; what it accepts is durable."""
