"""Performance measures of an account. Pure: frames in, frozen values out."""
