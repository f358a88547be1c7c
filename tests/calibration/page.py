def write_page(rows, cut, docs):
    pass
